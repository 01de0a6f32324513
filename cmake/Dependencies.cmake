# Every library the project uses, all from Debian 12.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CURL REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()

# Asio is compiled once (src/base/asio.cpp); everybody else sees declarations through the precompiled header.
add_library(jhub_asio INTERFACE)
target_compile_definitions(jhub_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS)
target_link_libraries(jhub_asio INTERFACE Boost::headers Threads::Threads)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp) # the proxy's system call filter
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2) # user names as host names
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8) # username patterns
