package org.richkernel.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The heading under which help shows the options of a class. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface HelpGroup {
  /** Training and test points. */
  String DATA = "Data";

  /** Depth, activation, prior. */
  String NETWORK = "Network";

  /** Options of the computation, and of classes without a group. */
  String THEORY = "Theory";

  /** Where it is computed. */
  String MACHINE = "Machine";

  /** Options of the output. */
  String RESULT = "Result";

  /** Options of every program. */
  String PROGRAM = "Program";

  /** The heading. */
  String value();
}
