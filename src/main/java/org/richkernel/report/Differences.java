package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;

/**
 * Numbers of two results and their differences, each with its standard error: independent errors
 * add in squares.
 */
final class Differences {
  static final List<String> HEADER_END = List.of("difference", "in errors");

  /**
   * A number of both results.
   *
   * @param difference own less other
   * @param error of the difference; NaN where one is not known
   */
  record Row(String name, String own, String other, double difference, double error) {
    String differenceText() {
      return Double.isNaN(error)
          ? Numbers.brief(difference) + ", error not known"
          : error == 0
              ? Numbers.brief(difference) + ", exact"
              : Numbers.withError(difference, error);
    }

    String inErrors() {
      return error > 0 ? String.format(Locale.ROOT, "%.1f", difference / error) : "";
    }

    List<String> cells() {
      return List.of(name, own, other, differenceText(), inErrors());
    }
  }

  private final Summary own;
  private final Summary other;
  private final List<Row> rows = new ArrayList<>();

  private Differences(Summary own, Summary other) {
    this.own = own;
    this.other = other;
  }

  /** Values of both summaries: losses, accuracies, alignment, trace and norm of each layer. */
  static List<Row> between(Result own, Result other) {
    Differences all = new Differences(own.summary(), other.summary());
    all.scores();
    int layers = Math.min(own.summary().layers().size(), other.summary().layers().size());
    for (int l = 0; l < layers; l++) {
      LayerSummary a = own.summary().layers().get(l);
      LayerSummary b = other.summary().layers().get(l);
      String layer = "layer " + a.layer() + ", ";
      all.add(
          layer + "alignment",
          a.alignment(),
          a.alignmentStandardError(),
          b.alignment(),
          b.alignmentStandardError());
      all.add(
          layer + "trace", a.trace(), a.traceStandardError(), b.trace(), b.traceStandardError());
      all.add(
          layer + "norm",
          a.frobenius(),
          a.frobeniusStandardError(),
          b.frobenius(),
          b.frobeniusStandardError());
    }
    return List.copyOf(all.rows);
  }

  /** The loss that both were trained with, else squared errors by a name that says so. */
  private void scores() {
    TrainedLoss a = TrainedLoss.of(own);
    TrainedLoss b = TrainedLoss.of(other);
    if (a.kind() == b.kind()) {
      score("test", a.name(), a.test(), b.test());
      score("train", a.name(), a.train(), b.train());
    } else {
      score("test", "squared error", own.test(), other.test());
      score("train", "squared error", own.train(), other.train());
    }
  }

  private void score(String set, String loss, Optional<Score> a, Optional<Score> b) {
    if (a.isPresent() && b.isPresent()) {
      add(
          set + " " + loss,
          a.get().loss(),
          a.get().lossStandardError(),
          b.get().loss(),
          b.get().lossStandardError());
      add(
          set + " accuracy",
          a.get().accuracy(),
          a.get().accuracyStandardError(),
          b.get().accuracy(),
          b.get().accuracyStandardError());
    }
  }

  private void add(
      String name, OptionalDouble a, OptionalDouble ea, OptionalDouble b, OptionalDouble eb) {
    if (a.isPresent() && b.isPresent()) {
      double mine = error(own, ea);
      double theirs = error(other, eb);
      rows.add(
          new Row(
              name,
              Numbers.withError(a.getAsDouble(), mine),
              Numbers.withError(b.getAsDouble(), theirs),
              a.getAsDouble() - b.getAsDouble(),
              Math.hypot(mine, theirs)));
    }
  }

  /** The error of a number: 0 of closed forms, NaN where a sampled result does not know it. */
  static double error(Summary of, OptionalDouble error) {
    boolean sampled = of.monteCarlo().isPresent() || of.config().get("repeats") != null;
    return error.orElse(sampled || !of.converged() ? Double.NaN : 0);
  }
}
