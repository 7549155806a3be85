package org.richkernel.option;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares an option at the record component that holds its value. The command line, files of
 * options, help, the recorded configuration and range checks follow from it, see {@link Settings}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
  /** Name without dashes; empty for the name of the component, in lower case with dashes. */
  String name() default "";

  /** Placeholder of the value in help, such as N. */
  String label() default "";

  /** The default, written as on the command line. */
  String usual();

  /** Description with the unit; help adds the default. */
  String help();

  /** Inclusive lower bound. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Exclusive lower bound. */
  double above() default Double.NEGATIVE_INFINITY;

  /** Inclusive upper bound. */
  double max() default Double.POSITIVE_INFINITY;

  /** Advice after a value out of range; empty for the range itself in words. */
  String allowed() default "";
}
