# jhub_layer(NAME SOURCES ... DEPENDS ... [PRECOMPILE header]): one static library per folder of src/, named jhub_NAME.
# DEPENDS takes layer names (base, http …) and ordinary targets. Includes are written from src/: "http/headers.hpp".
# PRECOMPILE names a precompiled header of the layer's own; without it the one of base serves.
function(jhub_layer name)
  cmake_parse_arguments(ARG "" "PRECOMPILE" "SOURCES;DEPENDS" ${ARGN})
  add_library(jhub_${name} STATIC ${ARG_SOURCES})
  target_include_directories(jhub_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(jhub_${name} PUBLIC jhub_asio nlohmann_json::nlohmann_json fmt::fmt)
  _jhub_link(jhub_${name} ${ARG_DEPENDS})
  if(ARG_PRECOMPILE)
    target_precompile_headers(jhub_${name} PRIVATE ${ARG_PRECOMPILE})
  else()
    target_precompile_headers(jhub_${name} REUSE_FROM jhub_base)
  endif()
endfunction()

# jhub_program(NAME SOURCES ... DEPENDS ...): one executable of src/apps.
function(jhub_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  _jhub_link(${name} ${ARG_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM jhub_base)
endfunction()

# jhub_unit_test(LAYER SOURCES ... DEPENDS ...): tests/unit/LAYER as one GoogleTest program, test_LAYER.
function(jhub_unit_test layer)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(test_${layer} ${ARG_SOURCES})
  target_include_directories(test_${layer} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit)
  # What is tested is optimised as it ships; the tests themselves compile in half the time without.
  target_compile_options(test_${layer} PRIVATE -O0 -U_FORTIFY_SOURCE)
  target_link_libraries(test_${layer} PRIVATE GTest::gtest_main GTest::gmock)
  _jhub_link(test_${layer} ${layer} ${ARG_DEPENDS})
  if(layer STREQUAL "base") # listed first in tests/unit; all others share what it precompiles
    target_precompile_headers(test_base PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/precompiled.hpp)
  else()
    target_precompile_headers(test_${layer} REUSE_FROM test_base)
  endif()
  target_compile_definitions(test_${layer} PRIVATE JHUB_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             JHUB_BINARY_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  add_test(NAME ${layer} COMMAND test_${layer})
endfunction()

function(_jhub_link target)
  foreach(dependency ${ARGN})
    if(TARGET ${dependency} OR dependency MATCHES "::")
      target_link_libraries(${target} PUBLIC ${dependency})
    elseif(EXISTS ${PROJECT_SOURCE_DIR}/src/${dependency}/CMakeLists.txt)
      target_link_libraries(${target} PUBLIC jhub_${dependency})
    else()
      target_link_libraries(${target} PUBLIC ${dependency})
    endif()
  endforeach()
endfunction()
