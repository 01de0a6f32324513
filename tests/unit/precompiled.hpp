// What nearly every unit test needs, compiled once for all test programs.
#pragma once

#include "base/precompiled.hpp" // IWYU pragma: export

#include <gmock/gmock.h>
#include <gtest/gtest.h>
