package org.richkernel.report;

/**
 * Words for a command's result in its report.
 *
 * @param title headline of the page
 * @param name of the predictor in legends
 * @param kernel equation of the kernel of a layer with its source
 */
record Wording(String title, String name, String kernel) {

  /** The words for a command's result. */
  static Wording of(String command) {
    return switch (command) {
      case "bayes" ->
          new Wording(
              "Adaptive neural Bayesian kernel",
              "adaptive",
              "\u03a6\u02e1 = \u27e8\u03c6(h\u02e1) \u03c6(h\u02e1)\u1d40\u27e9, averaged over the"
                  + " preactivations at the saddle point (arXiv:2502.07998)");
      case "dynamics" ->
          new Wording(
              "Feature-learning dynamics of gradient descent",
              "adaptive",
              "\u03a6\u02e1(t,t) = \u27e8\u03c6(h\u02e1(t)) \u03c6(h\u02e1(t))\u1d40\u27e9 at the"
                  + " last step, from dynamical mean-field theory (arXiv:2205.09653)");
      case "finite" ->
          new Wording(
              "Finite-width network",
              "finite width",
              "\u03a6\u02e1 = \u03c6(h\u02e1)\u1d40 \u03c6(h\u02e1) / N, averaged over the neurons"
                  + " of the networks");
      case "phase" -> new Wording("Phase diagram of deep networks", "adaptive", "");
      case "abc" -> new Wording("Scaling of a parametrization with the width", "measured", "");
      case "few-shot" -> new Wording("Few-shot learning in the limit of infinite width", "", "");
      case "sweep" -> new Wording("Sweep over options", "adaptive", "");
      case "word2vec" -> new Wording("Word embeddings", "infinite width", "");
      case "check" -> new Wording("Coordinate check", "measured", "");
      case "lazy" ->
          new Wording(
              "Kernel at initialisation",
              "lazy",
              "\u03a6\u02e1 = \u27e8\u03c6(h\u02e1) \u03c6(h\u02e1)\u1d40\u27e9 over the Gaussian"
                  + " preactivations of the network at initialisation");
      default ->
          new Wording(
              "Result of richkernel " + command,
              "adaptive",
              "\u03a6\u02e1 = \u27e8\u03c6(h\u02e1) \u03c6(h\u02e1)\u1d40\u27e9");
    };
  }
}
