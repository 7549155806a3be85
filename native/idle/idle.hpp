// Entry points that answer success and do nothing. Their arguments stay where the caller put them.
#pragma once

#define IDLE_API extern "C" __attribute__((visibility("default")))
#define IDLE(NAME) \
  IDLE_API int NAME() { return 0; }
