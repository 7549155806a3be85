package org.richkernel.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.richkernel.solver.Progress;

/** Draws a bar on a terminal, with the time left if every step were needed. */
final class BarDisplay implements ProgressDisplay {
  private static final int REDRAW_MILLIS = 250;

  private @Nullable ProgressBar bar;

  @Override
  public void progress(Progress progress) {
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setInitialMax(progress.total())
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(REDRAW_MILLIS)
              .startsFrom(progress.done(), java.time.Duration.ZERO)
              .build();
    }
    bar.maxHint(progress.total());
    bar.stepTo(progress.done());
    bar.setExtraMessage(progress.phase() + ProgressText.numbers(progress));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
