package org.richkernel.stack;

/** Passes of fields that move through all layers of a network. */
public interface Passes {
  /** Restores what stacks of other sizes on the same scratch have overwritten. */
  void prepare();

  /** Activations, readout and potential at the parameters as they are. */
  void forward();

  /** Activations of all layers; the readout is not told. */
  void activations();

  /** Gradients of all parameters, after {@link #forward()}. */
  void pull();

  /** Wall-clock time spent in Gram matrices so far. */
  long gramNanos();

  /** Wall-clock time that links spent in factorizations so far. */
  long solveNanos();
}
