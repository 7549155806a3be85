package org.richkernel.compute;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;

/**
 * Runs a parameterized test once for each of some activations: the four that every theory takes.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(Activations.Source.class)
public @interface Activations {
  /** Their names; "every" stands for one of each kind. */
  String[] value() default {"relu", "tanh", "erf", "linear"};

  /** Reads the names. */
  final class Source implements ArgumentsProvider, AnnotationConsumer<Activations> {
    private String[] names = {};

    @Override
    public void accept(Activations activations) {
      names = activations.value();
    }

    @Override
    public Stream<? extends Arguments> provideArguments(ExtensionContext context) {
      Stream<Activation> all =
          names[0].equals("every")
              ? Activation.all().stream()
              : Arrays.stream(names).map(Activation::named);
      return all.map(Arguments::of);
    }
  }
}
