package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.WordBags;

/**
 * Descent on bags of words by two launches a batch: inner products over slabs of columns, and the
 * rows that they move. The positions of a call travel to the device at once.
 */
final class BagDescent {
  private static final int SLAB = 1024;
  private static final int INTS_PER_DOUBLE = 2;

  private final KernelLauncher launcher;
  private final Scratch scratch;
  private final Transfers transfers;

  BagDescent(KernelLauncher launcher, Scratch scratch, Transfers transfers) {
    this.launcher = launcher;
    this.scratch = scratch;
    this.transfers = transfers;
  }

  void run(
      WordBags bags,
      int batch,
      double decay,
      CudaMatrix input,
      CudaMatrix output,
      CudaMatrix hidden,
      CudaMatrix pull,
      CudaMatrix losses) {
    Operands.bags(bags, batch, input, output, hidden, pull, losses);
    if (bags.size() == 0 || input.isEmpty()) {
      return;
    }
    int most = Math.min(batch, bags.size());
    int products = bags.mostTargets() + 1;
    int columns = input.columns();
    long slabs = KernelLauncher.ceil(columns, SLAB);
    DevicePointer partials =
        scratch.take(
            Scratch.Purpose.BAG_PRODUCTS, most * products * slabs * Precision.FLOAT64.bytes());
    Sent sent = send(bags);
    for (int first = 0; first < bags.size(); first += most) {
      int count = Math.min(most, bags.size() - first);
      launcher
          .arguments()
          .add((long) columns)
          .add((long) first)
          .add((long) count)
          .add(sent.lengths)
          .add(sent.contextStarts)
          .add(sent.contexts)
          .add(sent.targetStarts)
          .add(sent.targets)
          .add(products)
          .add(slabs)
          .add(partials)
          .add(input)
          .add(output)
          .add(hidden);
      launcher.overBlocks(Kernel.GATHER_BAGS, Precision.FLOAT32, slabs, count);
      launcher
          .arguments()
          .add((long) columns)
          .add((long) first)
          .add((long) count)
          .add(decay, Precision.FLOAT64)
          .add(sent.rates)
          .add(sent.lengths)
          .add(sent.contextStarts)
          .add(sent.contexts)
          .add(sent.targetStarts)
          .add(sent.targets)
          .add(products)
          .add(slabs)
          .add(partials)
          .add(input)
          .add(output)
          .add(hidden)
          .add(pull)
          .add(losses.pointer());
      launcher.overColumns(Kernel.MOVE_BAGS, Precision.FLOAT32, columns);
    }
  }

  /** Where the parts of the positions lie on the device. */
  private record Sent(
      DevicePointer rates,
      DevicePointer lengths,
      DevicePointer contextStarts,
      DevicePointer contexts,
      DevicePointer targetStarts,
      DevicePointer targets) {}

  /**
   * Rates come first, as they need an even place; contexts and targets have their counts beside.
   */
  private Sent send(WordBags bags) {
    int n = bags.size();
    int lengths = INTS_PER_DOUBLE * n;
    int contextStarts = lengths + n;
    int targetStarts = contextStarts + n + 1;
    int contexts = targetStarts + n + 1;
    int targets = contexts + 2 * bags.contextStart(n);
    int[] packed = new int[targets + 2 * bags.targetStart(n)];
    for (int i = 0; i < n; i++) {
      long rate = Double.doubleToRawLongBits(bags.rate(i));
      packed[2 * i] = (int) rate;
      packed[2 * i + 1] = (int) (rate >>> 32);
      packed[lengths + i] = bags.length(i);
      packed[contextStarts + i + 1] = bags.contextStart(i + 1);
      packed[targetStarts + i + 1] = bags.targetStart(i + 1);
      int at = contexts + 2 * bags.contextStart(i);
      for (int j = 0; j < bags.contexts(i); j++) {
        packed[at + 2 * j] = bags.context(i, j);
        packed[at + 2 * j + 1] = bags.contextCount(i, j);
      }
      at = targets + 2 * bags.targetStart(i);
      for (int t = 0; t < bags.targets(i); t++) {
        packed[at + 2 * t] = bags.target(i, t);
        packed[at + 2 * t + 1] = bags.targetCount(i, t);
      }
    }
    DevicePointer place = scratch.take(Scratch.Purpose.BAGS, (long) packed.length * Integer.BYTES);
    transfers.send(packed, place);
    return new Sent(
        place,
        place.plus((long) lengths * Integer.BYTES),
        place.plus((long) contextStarts * Integer.BYTES),
        place.plus((long) contexts * Integer.BYTES),
        place.plus((long) targetStarts * Integer.BYTES),
        place.plus((long) targets * Integer.BYTES));
  }
}
