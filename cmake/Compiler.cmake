# Flags of every target: strict warnings, hardening, one sanitizer preset, ccache.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "clang 19 or newer is needed: g++ 12 breaks temporaries inside co_await expressions. "
                      "Configure with a preset (cmake --preset release).")
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The precompiled header makes ccache need these relaxations, which are about time stamps only. With CCACHE_DEPEND it takes what a
  # file includes from the compiler's own dependency output, so a miss costs one run of the compiler instead of a run and a half.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -D_FORTIFY_SOURCE=2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
add_compile_options(
  -Wall -Wextra -Werror -Wshadow -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-designated-field-initializers
  -fstack-protector-strong -fcf-protection=full -ftrivial-auto-var-init=zero
  -fPIE -D_GLIBCXX_ASSERTIONS -Xclang -fno-pch-timestamp)
add_link_options(-fuse-ld=lld -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections)

set(JHUB_SANITIZE "" CACHE STRING "sanitizers, such as address,undefined")
if(JHUB_SANITIZE)
  add_compile_options(-fsanitize=${JHUB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${JHUB_SANITIZE})
endif()

option(JHUB_FUZZ "the programs of tests/fuzz, and all code instrumented for libFuzzer" OFF)
if(JHUB_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
