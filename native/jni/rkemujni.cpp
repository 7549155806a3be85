// JNI side of org.richkernel.emulator.EmulatedDevice.
#include <jni.h>

#include <string>

#include "rkemu.h"

static std::string text(JNIEnv* env, jstring string) {
  const char* characters = env->GetStringUTFChars(string, nullptr);
  std::string copy = characters;
  env->ReleaseStringUTFChars(string, characters);
  return copy;
}

#define EMULATED_DEVICE(RESULT, NAME) \
  extern "C" JNIEXPORT RESULT JNICALL Java_org_richkernel_emulator_EmulatedDevice_##NAME

EMULATED_DEVICE(void, reset)(JNIEnv*, jclass) { rkemu_reset(); }

EMULATED_DEVICE(void, fail)(JNIEnv* env, jclass, jstring target, jlong n, jint error) {
  rkemu_fail(text(env, target).c_str(), n, error);
}

EMULATED_DEVICE(jlong, read)(JNIEnv* env, jclass, jstring name) { return rkemu_counter(text(env, name).c_str()); }

EMULATED_DEVICE(jstring, lastReport)(JNIEnv* env, jclass) { return env->NewStringUTF(rkemu_lastReport()); }

EMULATED_DEVICE(jlong, leaks)(JNIEnv*, jclass) { return rkemu_leaks(); }

EMULATED_DEVICE(void, setDevices)(JNIEnv*, jclass, jint count) { rkemu_setDevices(count); }

EMULATED_DEVICE(void, setMemory)(JNIEnv*, jclass, jlong bytes) {
  rkemu_setMemory(static_cast<unsigned long>(bytes));
}

EMULATED_DEVICE(void, setContextMemory)(JNIEnv*, jclass, jlong bytes) {
  rkemu_setContextMemory(static_cast<unsigned long>(bytes));
}

EMULATED_DEVICE(void, setDriverVersion)(JNIEnv*, jclass, jint version) { rkemu_setDriverVersion(version); }

EMULATED_DEVICE(void, setCaptures)(JNIEnv* env, jclass, jstring agreed) { rkemu_setCaptures(text(env, agreed).c_str()); }
