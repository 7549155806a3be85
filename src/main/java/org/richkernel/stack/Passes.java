package org.richkernel.stack;

/** Forward and backward passes of the moving fields through all layers of a network. */
public interface Passes {
  /** Restores values that stacks of other sizes have overwritten in shared scratch. */
  void prepare();

  /** Computes activations, readout and potential at the present parameters. */
  void forward();

  /** Computes the activations of all layers without the readout. */
  void activations();

  /** Computes the gradients of all parameters, after {@link #forward()}. */
  void pull();

  /** Wall-clock time spent in Gram matrices so far. */
  long gramNanos();

  /** Wall-clock time that links spent in factorizations so far. */
  long solveNanos();
}
