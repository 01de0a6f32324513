# Read by cpack: the version of the package grows with each commit, so that a newer one is an update for apt.
#   5.5.1+202611282143.g1a2b3c4d              the commit's time in UTC and its name
#   5.5.1+202611282143.g1a2b3c4d.changed…     of files that are not committed: and the time of packing
# Without git the time of packing stands for the commit.
set(git git -c "safe.directory=${CPACK_JHUB_SOURCE}" -C "${CPACK_JHUB_SOURCE}")
execute_process(COMMAND date -u +%Y%m%d%H%M OUTPUT_VARIABLE now OUTPUT_STRIP_TRAILING_WHITESPACE)
set(ENV{TZ} UTC)
execute_process(COMMAND ${git} log -1 --abbrev=8 --date=format-local:%Y%m%d%H%M --format=%cd.g%h
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(status)
  set(commit ${now})
else()
  execute_process(COMMAND ${git} status --porcelain --untracked-files=no OUTPUT_VARIABLE changed ERROR_QUIET)
  if(changed)
    string(APPEND commit ".changed${now}")
  endif()
endif()
set(CPACK_DEBIAN_PACKAGE_VERSION "${CPACK_PACKAGE_VERSION}+${commit}")
