package org.richkernel.compute.cuda;

import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.PrivateFolder;

/**
 * A lane of a CUDA device: its streams, library handles and scratch memory, and the parts that do
 * the operations with them. Context, compiled kernels and the limit of memory are the device's.
 */
final class CudaLane implements AutoCloseable {
  final CudaSession session;
  final DeviceMemory memory;
  final Transfers transfers;
  final Elementwise elementwise;
  final ColumnMoves columnMoves;
  final SitePatches patches;
  final Reductions reductions;
  final Products products;
  final GramProducts gramProducts;
  final Factorizations factorizations;
  final InitialKernels initialKernels;
  final BackProjection backProjection;
  final BagDescent bagDescent;
  final Sampling sampling;
  final StreamCapture capture;
  private final long takenBytes;
  private final OwnedResources owned = new OwnedResources();
  private String leftOpen = "";

  /**
   * Opens a lane; releases its resources if a step fails.
   *
   * @param precision of products of float32 matrices
   * @param cache of compiled kernels
   */
  CudaLane(CudaContext context, FieldPrecision precision, PrivateFolder cache) {
    session = owned.own(new CudaSession(context));
    try {
      memory = new DeviceMemory(session);
      owned.own(() -> leftOpen = memory.release());
      transfers = owned.own(new Transfers(session));
      KernelLoader loader =
          new KernelLoader(session, new KernelCompiler(context.device().capability()), cache);
      LaunchArguments arguments = owned.own(new LaunchArguments(session));
      ProbeKernel.run(session, loader, arguments, memory, transfers);
      session.begin("opening the backend");
      KernelLauncher launcher = new KernelLauncher(session, loader, arguments);
      Scratch scratch = new Scratch(memory);
      owned.own(scratch::releaseAll);
      capture = owned.own(new StreamCapture(session, scratch));
      elementwise = new Elementwise(launcher);
      columnMoves = new ColumnMoves(launcher, scratch, transfers);
      patches = new SitePatches(launcher);
      sampling = new Sampling(launcher);
      initialKernels = new InitialKernels(launcher);
      reductions = new Reductions(launcher, scratch, transfers);
      Blas blas = owned.own(new Blas(session, owned.own(new BlasScalars(session))));
      products = new Products(blas, launcher, elementwise, scratch, effective(context, precision));
      GramPanels panels = new GramPanels(context.device().multiprocessors());
      gramProducts = new GramProducts(panels, scratch, launcher, products, elementwise);
      backProjection = new BackProjection(launcher, products, scratch);
      bagDescent = new BagDescent(launcher, scratch, transfers);
      factorizations =
          owned.own(
              new Factorizations(session, launcher, products, scratch, transfers, reductions));
      takenBytes = memory.takenBytes();
    } catch (RuntimeException | LinkageError e) {
      finishFirst();
      owned.closedAfter(e);
      throw e;
    }
  }

  /** Before compute capability 8.0 there are no tensor cores for float32. */
  private static FieldPrecision effective(CudaContext context, FieldPrecision wanted) {
    boolean plain = context.device().capability() < 80 && wanted == FieldPrecision.TF32X3;
    return plain ? FieldPrecision.FP32 : wanted;
  }

  /** Bytes of the device in use after the lane opened. */
  long takenBytes() {
    return takenBytes;
  }

  private void finishFirst() {
    if (!session.isLost()) {
      owned.own(this::finishWork);
    }
  }

  private void finishWork() {
    session.begin("closing the backend");
    session.synchronize();
  }

  /**
   * Gives back everything that was acquired, last first, also after a step has failed.
   *
   * @throws IllegalStateException if matrices are open, which are lost
   */
  @Override
  public void close() {
    finishFirst();
    owned.close();
    if (!leftOpen.isEmpty()) {
      throw new IllegalStateException(
          "the backend was closed while matrices are open: " + leftOpen);
    }
  }
}
