package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;

/**
 * The mean of several networks of finite width as a predictor, f(x) = sum_m u_m . phi(h_m^L(x)),
 * with all factors in the readouts u_m. It may average over fewer networks than the outputs at the
 * test points of a fit; its error is then larger.
 */
public final class NetworkEnsemble implements Predictor {
  /**
   * The weights of one network.
   *
   * @param layers W^0 (N x r), then W^l (N x N, or N x (N + 1) with biases), row-major
   * @param readout u_m, N x K
   */
  public record Member(List<float[]> layers, float[] readout) {
    public Member {
      layers = List.copyOf(layers);
    }
  }

  private final NetworkSpec network;
  private final ImageShape image;
  private final int width;
  private final int outputs;
  private final double[] projector;
  private final List<Member> members;

  /**
   * @param image shape of the inputs
   * @param width N
   * @param outputs K
   * @param projector from inputs to the r coordinates that W^0 acts on, (D, or D + 1 with biases) x
   *     r; empty for x / sqrt(D) itself, or its patches
   * @throws InvalidProblemException if the shapes do not fit together
   */
  public NetworkEnsemble(
      NetworkSpec network,
      ImageShape image,
      int width,
      int outputs,
      double[] projector,
      List<Member> members) {
    this.network = network;
    this.image = image;
    this.width = width;
    this.outputs = outputs;
    this.projector = projector;
    this.members = List.copyOf(members);
    WeightLayout layout = layout();
    boolean fits = !members.isEmpty();
    for (Member member : members) {
      fits &= member.layers().size() == layout.layers();
      fits &= member.readout().length == (long) width * outputs * sites().readoutSites();
      for (int l = 0; fits && l < layout.layers(); l++) {
        long columns = l == 0 ? layout.rank() : layout.fanIn(l);
        fits = member.layers().get(l).length == width * columns;
      }
    }
    if (!fits) {
      throw new InvalidProblemException(
          "saved networks", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
  }

  private int rank() {
    if (network.convolutions().isPresent()) {
      return PosteriorInputs.patchRank(network, sites());
    }
    return projector.length == 0
        ? image.dimension()
        : projector.length / (image.dimension() + (network.biasVariance() > 0 ? 1 : 0));
  }

  private NetworkSites sites() {
    return NetworkSites.of(network, image);
  }

  private WeightLayout layout() {
    return WeightLayout.of(sites(), width, rank(), network.biasVariance() > 0, 0);
  }

  /** The network that was fitted. */
  public NetworkSpec network() {
    return network;
  }

  /** The shape of the inputs. */
  public ImageShape image() {
    return image;
  }

  /** N. */
  public int width() {
    return width;
  }

  /** K. */
  public int outputs() {
    return outputs;
  }

  /** From inputs to the coordinates of W^0, row-major; not a copy. */
  public double[] projector() {
    return projector;
  }

  /** The networks. */
  public List<Member> members() {
    return members;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(image.dimension());
    TestPointOutputs.requireFit(sites(), inputs.rows());
    WeightLayout layout = layout();
    MemoryPlan plan = weightPlan(layout);
    TestPointOutputs.plan(plan, sites(), layout, outputs, inputs.rows());
    if (projector.length > 0) {
      int columns = projector.length / rank();
      plan.add("new inputs", Precision.FLOAT64, inputs.rows(), columns)
          .add("input projector", Precision.FLOAT64, columns, rank())
          .add("new coordinates", Precision.FLOAT64, inputs.rows(), rank());
    }
    return plan.addHost(
        8L
            * inputs.rows()
            * (2L * outputs + 2L * image.dimension() + (long) rank() * sites().sites(1)));
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    int count = inputs.rows();
    double[] sum = new double[count * outputs];
    if (count == 0) {
      return sum;
    }
    WeightLayout layout = layout();
    MemoryPlan plan = weightPlan(layout);
    try (Workspace memory = new Workspace(backend, plan);
        TestPointOutputs points =
            new TestPointOutputs(
                backend, network, sites(), layout, outputs, coordinates(backend, inputs))) {
      for (int m = 0; m < members.size(); m++) {
        List<Matrix> weights = new ArrayList<>();
        for (int l = 0; l < layout.layers(); l++) {
          weights.add(memory.get(weights(l)));
          backend.upload(members.get(m).layers().get(l), weights.get(l));
        }
        Matrix readout = memory.get("readout");
        backend.upload(members.get(m).readout(), readout);
        double[] one = points.of(weights, readout, 0, m, 0);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += one[i];
        }
      }
    }
    return sum;
  }

  private MemoryPlan weightPlan(WeightLayout layout) {
    MemoryPlan plan =
        new MemoryPlan().add("readout", Precision.FLOAT32, width, outputs * sites().readoutSites());
    for (int l = 0; l < layout.layers(); l++) {
      plan.add(weights(l), Precision.FLOAT32, width, l == 0 ? layout.rank() : layout.fanIn(l));
    }
    return plan;
  }

  private static String weights(int layer) {
    return "weights " + layer;
  }

  private InputFactor.Coordinates coordinates(Backend backend, Inputs inputs) {
    if (network.convolutions().isPresent()) {
      return TestPointOutputs.patches(network, sites(), layout(), inputs.withShape(image));
    }
    double[] x = inputs.toArray();
    if (projector.length > 0) {
      return InputFactor.coordinates(
          backend, network, projector, rank(), x, inputs.rows(), image.dimension());
    }
    double scale = Math.sqrt(network.weightVariance(0) / image.dimension());
    for (int i = 0; i < x.length; i++) {
      x[i] *= scale;
    }
    return new InputFactor.Coordinates(x, new double[inputs.rows()]);
  }
}
