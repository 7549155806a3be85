package org.richkernel.study;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.richkernel.compute.Precision;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.NpzWriter;
import org.richkernel.limit.words.Vocabulary;
import org.richkernel.limit.words.WordCourse;
import org.richkernel.limit.words.WordTraining;

/**
 * Trained rows as files of a result folder: embeddings-WIDTH.npz with float32 input and output
 * (words x columns), vocabulary.txt with a word and its count a line, and of finite widths
 * embeddings-WIDTH.txt with the input rows as word2vec writes them. At infinite width the columns
 * are coefficients, whose inner products are those of the limit.
 */
final class EmbeddingFiles implements WordTraining.Receiver {
  private static final int PANEL_ELEMENTS = 1 << 20;

  private final Path folder;
  private final Vocabulary vocabulary;

  EmbeddingFiles(Path folder, Vocabulary vocabulary) {
    this.folder = folder;
    this.vocabulary = vocabulary;
  }

  /** Copies some rows. */
  private interface Reader {
    void read(int firstRow, int count, float[] target);
  }

  /** Takes some rows. */
  private interface Writer {
    void write(int firstRow, int count, float[] values) throws IOException;
  }

  @Override
  public void receive(OptionalInt width, WordTraining.Rows rows) {
    String name = "embeddings-" + WordCourse.name(width);
    writeVocabulary();
    writeArrays(folder.resolve(name + ".npz"), rows);
    if (width.isPresent()) {
      writeText(folder.resolve(name + ".txt"), rows);
    }
  }

  private void writeVocabulary() {
    StringBuilder text = new StringBuilder();
    for (int id = 0; id < vocabulary.size(); id++) {
      text.append(vocabulary.words().get(id)).append(' ').append(vocabulary.counts()[id]);
      text.append('\n');
    }
    AtomicFile.write(
        folder.resolve("vocabulary.txt"), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void writeArrays(Path target, WordTraining.Rows rows) {
    try (NpzWriter file = NpzWriter.create(target)) {
      write(file, "input", rows.columns(), rows::input);
      write(file, "output", rows.columns(), rows::output);
      file.commit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(NpzWriter file, String name, int columns, Reader reader) throws IOException {
    file.begin(name, Precision.FLOAT32, vocabulary.size(), columns);
    panels(
        columns,
        reader,
        (first, count, values) -> {
          double[] wide = new double[values.length];
          for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
          }
          file.append(wide, 0, wide.length);
        });
  }

  private void writeText(Path target, WordTraining.Rows rows) {
    try (AtomicFile file = AtomicFile.create(target)) {
      BufferedWriter writer =
          new BufferedWriter(new OutputStreamWriter(file.stream(), StandardCharsets.UTF_8));
      writer.write(vocabulary.size() + " " + rows.columns() + "\n");
      panels(
          rows.columns(),
          rows::input,
          (first, count, values) -> {
            for (int i = 0; i < count; i++) {
              writer.write(vocabulary.words().get(first + i));
              for (int j = 0; j < rows.columns(); j++) {
                writer.write(' ');
                writer.write(Float.toString(values[i * rows.columns() + j]));
              }
              writer.write('\n');
            }
          });
      writer.flush();
      file.commit();
    } catch (IOException e) {
      throw new UncheckedIOException(target + ": it cannot be written; check the free space", e);
    }
  }

  private void panels(int columns, Reader reader, Writer writer) throws IOException {
    int most = Math.max(1, PANEL_ELEMENTS / columns);
    for (int first = 0; first < vocabulary.size(); first += most) {
      int count = Math.min(most, vocabulary.size() - first);
      float[] values = new float[count * columns];
      reader.read(first, count, values);
      writer.write(first, count, values);
    }
  }
}
