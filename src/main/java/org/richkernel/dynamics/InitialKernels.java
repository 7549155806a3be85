package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyGram;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.LazyLayers;

/**
 * The kernels of all points before training, in closed form (Jacot et al., arXiv:1806.07572): every
 * matrix is row-major M x M, training points first.
 *
 * @param input Phi^0 = X X^T / D
 * @param layers Phi^l and G^l, with G^{l} = G^{l+1} o &lt;phi' phi'&gt;_l and G^{L+1} = 1
 * @param tangent Theta^0 to Theta^L, the tangent kernels of the network truncated after each layer:
 *     Theta^0 = Phi^0, Theta^l = Phi^l + &lt;phi' phi'&gt;_l o Theta^{l-1}; for a convolutional
 *     network Theta^L alone, without Phi^0 and G^l, which do not follow from kernels between points
 */
record InitialKernels(double[] input, LayerKernels layers, List<double[]> tangent) {

  /** Peak memory of {@link #of}; the kernels themselves are on the heap. */
  static MemoryPlan plan(DynamicsProblem problem) {
    long points = problem.points();
    int depth = problem.network().hiddenLayers();
    MemoryPlan kernels =
        problem.network().convolutions().isPresent()
            ? new LazyKernel(problem.network(), KernelKind.NTK).plan(problem.inputs())
            : MemoryPlan.largest(
                new LazyKernel(problem.network(), KernelKind.NNGP).layersPlan(problem.inputs()),
                InputFields.kernelPlan(problem));
    return kernels.addHost(8 * points * points * (2L * depth + 1));
  }

  static InitialKernels of(DynamicsProblem problem, Backend backend) {
    return problem.network().convolutions().isPresent()
        ? ofSites(problem, backend)
        : ofPoints(problem, backend);
  }

  private static InitialKernels ofSites(DynamicsProblem problem, Backend backend) {
    LazyGram gram =
        new LazyKernel(problem.network(), KernelKind.NTK).gram(backend, problem.inputs());
    List<double[]> features = new ArrayList<>();
    for (int l = 1; l <= gram.layers(); l++) {
      features.add(gram.feature(l));
    }
    double[] tangent = gram.readout();
    return new InitialKernels(
        new double[0],
        new LayerKernels(0, features, List.of(), Optional.of(tangent)),
        List.of(tangent));
  }

  private static InitialKernels ofPoints(DynamicsProblem problem, Backend backend) {
    LazyLayers expectations =
        new LazyKernel(problem.network(), KernelKind.NNGP).layers(backend, problem.inputs());
    int depth = problem.network().hiddenLayers();
    double[] input = problem.inputKernel(backend);
    List<double[]> tangent = new ArrayList<>(List.of(input));
    for (int l = 0; l < depth; l++) {
      double[] theta = expectations.feature().get(l).clone();
      double[] slope = expectations.slope().get(l);
      double[] below = tangent.get(l);
      for (int i = 0; i < theta.length; i++) {
        theta[i] += slope[i] * below[i];
      }
      tangent.add(theta);
    }
    double[][] gradient = new double[depth][];
    gradient[depth - 1] = expectations.slope().get(depth - 1).clone();
    for (int l = depth - 2; l >= 0; l--) {
      gradient[l] = expectations.slope().get(l).clone();
      for (int i = 0; i < gradient[l].length; i++) {
        gradient[l][i] *= gradient[l + 1][i];
      }
    }
    LayerKernels layers = new LayerKernels(0, expectations.feature(), List.of(gradient));
    return new InitialKernels(input, layers, List.copyOf(tangent));
  }

  /** K_0, the tangent kernel of the whole network. */
  double[] wholeTangent() {
    return tangent.get(tangent.size() - 1);
  }

  /** The same kernels as those of another time. */
  LayerKernels at(int step) {
    return new LayerKernels(step, layers.feature(), layers.gradient(), layers.tangent());
  }
}
