"""Harness of the acceptance tests: real accounts, a real hub, a browser made of HTTP requests, real notebook servers.

Environment
  JUPYTERHUB_BIN  folder with the programs under test (default: build/release/bin of this repository)
  HUB_CMD         another hub to run the tests against, split as a shell does; its programs are then looked up in PATH
  KEEP_HUB_DIRS   when set, the hubs' working directories are not deleted
"""
