package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.limit.words.Analogies;
import org.richkernel.limit.words.PairMean;
import org.richkernel.limit.words.Vocabulary;
import org.richkernel.limit.words.WordCourse;
import org.richkernel.limit.words.WordOptions;
import org.richkernel.limit.words.WordTraining;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.richkernel.solver.RunControl;

/**
 * Word embeddings (CBOW with negative sampling) of infinite and of finite widths, trained on the
 * same draws (Yang and Hu, arXiv:2011.14522, section 6.1).
 *
 * @param training of the embeddings
 * @param text training text
 * @param courses one for each width
 * @param backend of the computation
 * @param memory most bytes held at once
 * @param checkpointSeconds wall-clock time that went into checkpoints
 */
public record WordEmbeddings(
    WordTraining training,
    WordText text,
    List<WordCourse> courses,
    BackendInfo backend,
    PeakMemory memory,
    double checkpointSeconds) {
  private static final String ACCURACY = "accuracy";
  private static final String STANDARD_ERROR = "StandardError";

  /**
   * Trains all widths.
   *
   * @param embeddings where the rows of every width go when it is trained; empty for nowhere
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public static Optional<WordEmbeddings> train(
      WordTraining training,
      WordText text,
      Optional<Path> embeddings,
      Backend backend,
      RunControl control) {
    WordTraining.Receiver receiver =
        embeddings.isPresent()
            ? new EmbeddingFiles(embeddings.get(), training.corpus().vocabulary())
            : (width, rows) -> {};
    return training
        .run(backend, control, receiver)
        .map(
            courses ->
                new WordEmbeddings(
                    training,
                    text,
                    courses,
                    backend.info(),
                    PeakMemory.of(backend),
                    control.checkpoints().seconds()));
  }

  /** Whether all rows stayed finite. */
  public boolean converged() {
    return courses.stream().allMatch(WordCourse::isFinite);
  }

  private Analogies analogies() {
    return training.analogies();
  }

  private boolean asks() {
    return !analogies().questions().isEmpty();
  }

  private Optional<WordCourse> infinite() {
    return courses.stream().filter(course -> course.width().isEmpty()).findFirst();
  }

  /** Accuracy of a width after so many epochs. */
  public PairMean accuracy(WordCourse course, int epoch) {
    return PairMean.of(analogies(), course.right(epoch));
  }

  /** Excess of right answers of the infinite width over another, question by question. */
  public Optional<PairMean> difference(WordCourse course, int epoch) {
    return infinite()
        .filter(wide -> course.width().isPresent())
        .filter(wide -> epoch < Math.min(wide.marks(), course.marks()))
        .map(
            wide -> {
              double[] more = wide.right(epoch);
              double[] right = course.right(epoch);
              Arrays.setAll(more, q -> more[q] - right[q]);
              return PairMean.of(analogies(), more);
            });
  }

  /** A row for each width, and neighbours, as plain text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
                Locale.ROOT,
                "%-8s%10s%14s  %-18s%-20s%s",
                "width",
                "loss",
                "us/position",
                asks() ? "accuracy" : "",
                asks() && infinite().isPresent() ? "inf - width" : "",
                asks() ? "mean 1/place" : "")
            .stripTrailing());
    for (WordCourse course : courses) {
      lines.add(row(course));
    }
    for (int i = 0; i < training.asked().size(); i++) {
      for (WordCourse course : courses) {
        lines.add(near(course, course.neighbours().get(i)));
      }
    }
    return lines;
  }

  private String row(WordCourse course) {
    int last = course.marks() - 1;
    double positions = course.positions().stream().mapToDouble(x -> x).sum();
    String start =
        String.format(
            Locale.ROOT,
            "%-8s%10.4f%14.2f  ",
            course.name(),
            course.losses().get(course.losses().size() - 1),
            1e6 * course.seconds() / Math.max(1, positions));
    if (!course.isFinite()) {
      return start + "diverged";
    }
    return !asks()
        ? start.stripTrailing()
        : String.format(
            Locale.ROOT,
            "%s%-18s%-20s%.4f",
            start,
            words(accuracy(course, last)),
            difference(course, last).map(WordEmbeddings::words).orElse(""),
            course.meanReciprocalRank(last));
  }

  private static String words(PairMean mean) {
    return Double.isNaN(mean.standardError())
        ? String.format(Locale.ROOT, "%.4f", mean.value())
        : String.format(Locale.ROOT, "%.4f +- %.4f", mean.value(), mean.standardError());
  }

  private String near(WordCourse course, WordCourse.Neighbours found) {
    Vocabulary vocabulary = training.corpus().vocabulary();
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "near '%s', width %s:",
            vocabulary.words().get(found.word()),
            course.name()));
    for (int k = 0; k < found.near().length; k++) {
      line.append(
          String.format(
              Locale.ROOT,
              " %s %.3f",
              vocabulary.words().get(found.near()[k]),
              found.cosines()[k]));
    }
    return line.toString();
  }

  /**
   * The embeddings as a result folder describes them: accuracy by width with its standard error,
   * over all questions and by section; difference to the infinite width; neighbours. Arrays epoch
   * (E + 1), width (W, infinity included), accuracy, accuracy_standard_error, difference,
   * difference_standard_error, mean_reciprocal_rank (W x (E + 1)) and loss (W x E).
   *
   * @param config the options to record, in order
   * @param seconds wall-clock time, of the reading too
   * @param readSeconds the part of it that the reading took
   */
  public Result result(Map<String, ?> config, double seconds, double readSeconds) {
    WordOptions options = training.options();
    Map<String, Object> widths = new LinkedHashMap<>();
    Map<String, Object> accuracies = new LinkedHashMap<>();
    Map<String, Object> differences = new LinkedHashMap<>();
    Map<String, Object> neighbours = new LinkedHashMap<>();
    for (WordCourse course : courses) {
      widths.put(course.name(), described(course));
      if (asks() && course.isFinite()) {
        int last = course.marks() - 1;
        accuracies.put(course.name(), described(course, last));
        difference(course, last)
            .ifPresent(more -> differences.put(course.name(), described("difference", more)));
      }
      for (WordCourse.Neighbours near : course.neighbours()) {
        neighbours.put(
            training.corpus().vocabulary().words().get(near.word()) + ", width " + course.name(),
            described(near));
      }
    }
    Vocabulary vocabulary = training.corpus().vocabulary();
    Map<String, Object> corpus = new LinkedHashMap<>();
    corpus.put("words", text.words());
    corpus.put("sentences", vocabulary.sentences());
    corpus.put("vocabulary", vocabulary.size());
    corpus.put("questions", analogies().questions().size());
    corpus.put("questionsSkipped", analogies().skipped());
    corpus.put("pairs", analogies().pairs());
    Summary.Builder summary =
        Summary.builder("word2vec", config)
            .converged(converged())
            .backend(backend)
            .seed(options.seed())
            .data(text.origin())
            .iterations(options.epochs())
            .peakBytes(memory)
            .seconds("total", seconds)
            .seconds("descent", courses.stream().mapToDouble(WordCourse::seconds).sum())
            .seconds("io", readSeconds + checkpointSeconds)
            .detail("text", corpus)
            .detail("widths", widths);
    if (asks()) {
      summary.detail(ACCURACY, accuracies).detail("difference", differences);
    }
    if (!neighbours.isEmpty()) {
      summary.detail("neighbours", neighbours);
    }
    return arrays(Result.of(summary.build()));
  }

  private static Map<String, Object> described(WordCourse course) {
    Map<String, Object> row = new LinkedHashMap<>();
    double positions = course.positions().stream().mapToDouble(x -> x).sum();
    row.put("loss", course.losses().get(course.losses().size() - 1));
    row.put("positions", positions);
    row.put("secondsPerPosition", course.seconds() / Math.max(1, positions));
    return row;
  }

  private Map<String, Object> described(WordCourse course, int epoch) {
    double[] right = course.right(epoch);
    Map<String, Object> row = described(ACCURACY, accuracy(course, epoch));
    row.put("meanReciprocalRank", course.meanReciprocalRank(epoch));
    Map<String, Object> sections = new LinkedHashMap<>();
    for (int s = 0; s < analogies().sections().size(); s++) {
      sections.put(
          analogies().sections().get(s), described(ACCURACY, PairMean.of(analogies(), right, s)));
    }
    row.put("sections", sections);
    return row;
  }

  private static Map<String, Object> described(String name, PairMean mean) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put(name, mean.value());
    if (!Double.isNaN(mean.standardError())) {
      row.put(name + STANDARD_ERROR, mean.standardError());
    }
    row.put("questions", mean.questions());
    row.put("pairs", mean.pairs());
    return row;
  }

  private Map<String, Object> described(WordCourse.Neighbours near) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int k = 0; k < near.near().length; k++) {
      row.put(training.corpus().vocabulary().words().get(near.near()[k]), near.cosines()[k]);
    }
    return row;
  }

  private Result arrays(Result result) {
    int epochs = training.options().epochs();
    int marks = epochs + 1;
    int count = courses.size();
    double[] epoch = new double[marks];
    Arrays.setAll(epoch, i -> i);
    double[] width = new double[count];
    double[] loss = filled(count * epochs);
    double[] accuracy = filled(count * marks);
    double[] accuracyError = filled(count * marks);
    double[] difference = filled(count * marks);
    double[] differenceError = filled(count * marks);
    double[] reciprocal = filled(count * marks);
    for (int i = 0; i < count; i++) {
      WordCourse course = courses.get(i);
      OptionalInt neurons = course.width();
      width[i] = neurons.isPresent() ? neurons.getAsInt() : Double.POSITIVE_INFINITY;
      for (int t = 0; t < course.losses().size(); t++) {
        loss[i * epochs + t] = course.losses().get(t);
      }
      for (int t = 0; t < course.marks() && asks(); t++) {
        int at = i * marks + t;
        PairMean right = accuracy(course, t);
        accuracy[at] = right.value();
        accuracyError[at] = right.standardError();
        reciprocal[at] = course.meanReciprocalRank(t);
        Optional<PairMean> more = difference(course, t);
        difference[at] = more.map(PairMean::value).orElse(Double.NaN);
        differenceError[at] = more.map(PairMean::standardError).orElse(Double.NaN);
      }
    }
    Result with =
        result
            .with("epoch", epoch, marks)
            .with("width", width, count)
            .with("loss", loss, count, epochs);
    return !asks()
        ? with
        : with.with(ACCURACY, accuracy, count, marks)
            .with("accuracy_standard_error", accuracyError, count, marks)
            .with("difference", difference, count, marks)
            .with("difference_standard_error", differenceError, count, marks)
            .with("mean_reciprocal_rank", reciprocal, count, marks);
  }

  private static double[] filled(int length) {
    double[] values = new double[length];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  /**
   * Writes the result folder.
   *
   * @param config the options to record, in order
   * @param seconds as for {@link #result}
   * @param readSeconds as for {@link #result}
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays
   */
  public void save(Path folder, Map<String, ?> config, double seconds, double readSeconds) {
    ResultFolder.write(folder, result(config, seconds, readSeconds));
  }
}
