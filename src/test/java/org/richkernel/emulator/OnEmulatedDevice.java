package org.richkernel.emulator;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks a test class that runs on the emulated CUDA device, in the surefire execution of that name.
 *
 * <p>The device is reset before each test. Where it was not built the tests are skipped, and the
 * reason is printed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("emulated-device")
@ExtendWith(OnEmulatedDevice.Condition.class)
public @interface OnEmulatedDevice {

  /** Skips without the device, resets it before each test. */
  class Condition implements ExecutionCondition, BeforeEachCallback {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (EmulatedDevice.isBuilt()) {
        return ConditionEvaluationResult.enabled("the emulated CUDA device was built");
      }
      String reason =
          "the emulated CUDA device was not built (see the output of native/build.sh; it needs"
              + " cmake, g++ and a JDK with headers)";
      System.out.println("skipped " + context.getDisplayName() + ": " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
      EmulatedDevice.reset();
    }
  }
}
