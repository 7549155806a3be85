package org.richkernel.limit.words;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.WordBags;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.Stages;
import org.richkernel.solver.StateForm;

/**
 * Trains word embeddings of several widths one after the other, with the same draws.
 *
 * <p>Cost of a position: about 2 (m + negative + 1) H multiply-adds for m contexts, and a pass of
 * their rows through memory, with H columns, V in the limit.
 *
 * @param corpus training text
 * @param options of the training
 * @param widths empty for the infinite one
 * @param analogies questions of the evaluation after every epoch
 * @param asked words whose neighbours are wanted
 */
public record WordTraining(
    Corpus corpus,
    WordOptions options,
    List<OptionalInt> widths,
    Analogies analogies,
    List<Integer> asked) {
  private static final int NEIGHBOURS = 10;

  /** Receives the embeddings of a width when it is trained. */
  @FunctionalInterface
  public interface Receiver {
    /** Called once for each width; the rows may be read during the call. */
    void receive(OptionalInt width, Rows rows);
  }

  /** Rows of a trained network. */
  public interface Rows {
    /** Number of columns, V in the limit. */
    int columns();

    /** Copies rows of the input embedding A. */
    void input(int firstRow, int count, float[] target);

    /** Copies rows of the output embedding B. */
    void output(int firstRow, int count, float[] target);
  }

  /** Takes copies of the lists. */
  public WordTraining {
    widths = List.copyOf(widths);
    asked = List.copyOf(asked);
  }

  /** Peak memory, one plan for each width. */
  public List<MemoryPlan> plans() {
    return plans(corpus.vocabulary().size());
  }

  private List<MemoryPlan> plans(int words) {
    return widths.stream()
        .map(width -> WordNetwork.plan(words, width, options, corpus.tokens().length))
        .toList();
  }

  /** Largest number of most frequent words of this vocabulary that fits the memory. */
  public int mostWords(Backend backend) {
    int fits = 0;
    int above = corpus.vocabulary().size() + 1;
    while (above - fits > 1) {
      int middle = (fits + above) >>> 1;
      if (plans(middle).stream().allMatch(plan -> plan.fits(backend))) {
        fits = middle;
      } else {
        above = middle;
      }
    }
    return fits;
  }

  /**
   * Trains all widths. A checkpoint holds the courses of the finished widths and the rows of the
   * present one.
   *
   * @return empty if a stop was requested
   */
  public Optional<List<WordCourse>> run(Backend backend, RunControl control, Receiver receiver) {
    Stages stages = new Stages(control);
    List<WordCourse> courses = new ArrayList<>();
    for (OptionalInt width : widths) {
      Optional<WordCourse> course =
          stages.next(new CourseForm(width), own -> train(width, backend, own, receiver));
      if (course.isEmpty()) {
        return Optional.empty();
      }
      courses.add(course.get());
    }
    return Optional.of(courses);
  }

  private Optional<WordCourse> train(
      OptionalInt width, Backend backend, RunControl control, Receiver receiver) {
    try (WordNetwork network = WordNetwork.initial(backend, corpus, width, options)) {
      Optional<WordCourse> course =
          new Run(width, network, new BagSchedule(corpus, options, backend, network.draws()))
              .train(control);
      course.ifPresent(done -> receiver.receive(width, rows(network, backend)));
      return course;
    }
  }

  private static Rows rows(WordNetwork network, Backend backend) {
    return new Rows() {
      @Override
      public int columns() {
        return network.columns();
      }

      @Override
      public void input(int firstRow, int count, float[] target) {
        backend.download(network.input(firstRow, count), target);
      }

      @Override
      public void output(int firstRow, int count, float[] target) {
        backend.download(network.output(firstRow, count), target);
      }
    };
  }

  /** Training of one width: its place in the present epoch, and the results so far. */
  private final class Run {
    private final OptionalInt width;
    private final WordNetwork network;
    private final BagSchedule schedule;
    private final List<int[]> ranks = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> positions = new ArrayList<>();
    private int place;
    private double loss;
    private double count;
    private double seconds;

    Run(OptionalInt width, WordNetwork network, BagSchedule schedule) {
      this.width = width;
      this.network = network;
      this.schedule = schedule;
    }

    Optional<WordCourse> train(RunControl control) {
      control.checkpoints().load().ifPresent(this::restore);
      if (ranks.isEmpty()) {
        ranks.add(network.ranks(analogies.questions()));
      }
      WordBags bags = new WordBags();
      while (losses.size() < options.epochs() && isFinite()) {
        if (control.stop().isRaised()) {
          control.checkpoints().save(losses.size(), state());
          return Optional.empty();
        }
        long start = System.nanoTime();
        bags.clear();
        place = schedule.fill(losses.size(), place, bags);
        loss += network.descend(bags, options);
        count += bags.size();
        seconds += (System.nanoTime() - start) * 1e-9;
        if (place == schedule.length()) {
          endEpoch();
        }
        control.listener().progress(progress());
        if (control.checkpoints().due()) {
          control.checkpoints().save(losses.size(), state());
        }
      }
      return Optional.of(course());
    }

    private boolean isFinite() {
      return losses.stream().allMatch(Double::isFinite);
    }

    private void endEpoch() {
      losses.add(count == 0 ? 0 : loss / count);
      positions.add(count);
      ranks.add(network.ranks(analogies.questions()));
      place = 0;
      loss = 0;
      count = 0;
    }

    private Progress progress() {
      long thousands = ((long) losses.size() * schedule.length() + place) / 1000;
      long total = (long) options.epochs() * schedule.length() / 1000;
      int epoch = Math.min(options.epochs(), losses.size() + (place > 0 ? 1 : 0));
      return new Progress(
          String.format(
              Locale.ROOT,
              "width %s, epoch %d of %d, thousand words",
              WordCourse.name(width),
              epoch,
              options.epochs()),
          Double.NaN,
          thousands,
          total,
          Double.NaN,
          Double.NaN);
    }

    private WordCourse course() {
      List<WordCourse.Neighbours> near =
          asked.stream()
              .map(
                  word -> {
                    List<WordNetwork.Neighbour> found = network.neighbours(word, NEIGHBOURS);
                    return new WordCourse.Neighbours(
                        word,
                        found.stream().mapToInt(WordNetwork.Neighbour::word).toArray(),
                        found.stream().mapToDouble(WordNetwork.Neighbour::cosine).toArray());
                  })
              .toList();
      return new WordCourse(width, ranks, losses, positions, seconds, near);
    }

    private SolverState state() {
      SolverState found = new SolverState();
      new CourseForm(width)
          .save(new WordCourse(width, ranks, losses, positions, seconds, List.of()), found);
      return new SolverState()
          .put("found", found)
          .put("at", place, loss, count)
          .put("rows", network.state());
    }

    private void restore(SolverState state) {
      WordCourse found = new CourseForm(width).restore(state.part("found"));
      ranks.addAll(found.ranks());
      losses.addAll(found.losses());
      positions.addAll(found.positions());
      seconds = found.seconds();
      double[] at = state.doubles("at");
      place = (int) at[0];
      loss = at[1];
      count = at[2];
      network.restore(state.part("rows"));
    }
  }

  /** Courses in a checkpoint. */
  private record CourseForm(OptionalInt width) implements StateForm<WordCourse> {
    @Override
    public void save(WordCourse course, SolverState state) {
      state
          .put("marks", course.marks())
          .put("losses", course.losses().stream().mapToDouble(x -> x).toArray())
          .put("positions", course.positions().stream().mapToDouble(x -> x).toArray())
          .put("seconds", course.seconds())
          .put("asked", course.neighbours().size());
      for (int i = 0; i < course.marks(); i++) {
        int[] ranks = course.ranks().get(i);
        double[] values = new double[ranks.length];
        for (int q = 0; q < ranks.length; q++) {
          values[q] = ranks[q];
        }
        state.put("ranks_" + i, values);
      }
      for (int i = 0; i < course.neighbours().size(); i++) {
        WordCourse.Neighbours near = course.neighbours().get(i);
        double[] rows = new double[near.near().length];
        for (int k = 0; k < rows.length; k++) {
          rows[k] = near.near()[k];
        }
        state
            .put("word_" + i, near.word())
            .put("near_" + i, rows)
            .put("cosine_" + i, near.cosines());
      }
    }

    @Override
    public WordCourse restore(SolverState state) {
      List<int[]> ranks = new ArrayList<>();
      for (int i = 0; i < state.number("marks"); i++) {
        ranks.add(integers(state.doubles("ranks_" + i)));
      }
      List<WordCourse.Neighbours> near = new ArrayList<>();
      for (int i = 0; i < state.number("asked"); i++) {
        near.add(
            new WordCourse.Neighbours(
                (int) state.number("word_" + i),
                integers(state.doubles("near_" + i)),
                state.doubles("cosine_" + i)));
      }
      return new WordCourse(
          width,
          ranks,
          numbers(state.doubles("losses")),
          numbers(state.doubles("positions")),
          state.number("seconds"),
          near);
    }

    private static int[] integers(double[] values) {
      int[] integers = new int[values.length];
      for (int i = 0; i < values.length; i++) {
        integers[i] = (int) values[i];
      }
      return integers;
    }

    private static List<Double> numbers(double[] values) {
      List<Double> numbers = new ArrayList<>();
      for (double value : values) {
        numbers.add(value);
      }
      return numbers;
    }
  }
}
