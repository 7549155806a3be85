package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.data.InvalidDataException;

class FolderClaimTest {
  @TempDir Path folder;

  @Test
  void oneOfSeveralCommandsThatComeAtOnceGetsAFolder() throws Exception {
    int commands = 8;
    ExecutorService threads = Executors.newFixedThreadPool(commands);
    try {
      for (int round = 0; round < 50; round++) {
        Path claimed = Files.createDirectory(folder.resolve("r" + round));
        CyclicBarrier start = new CyclicBarrier(commands);
        List<Future<Boolean>> takers = new ArrayList<>();
        for (int c = 0; c < commands; c++) {
          List<String> command = List.of("bayes", "--seed", Integer.toString(c / 2));
          takers.add(
              threads.submit(
                  () -> {
                    start.await();
                    try {
                      FolderClaim.SWEEP.take(claimed, command);
                      return true;
                    } catch (InvalidDataException e) {
                      return false;
                    }
                  }));
        }
        int took = 0;
        for (Future<Boolean> taker : takers) {
          took += taker.get() ? 1 : 0;
        }
        // each command came twice
        assertThat(took).isEqualTo(2);
        try (var files = Files.list(claimed)) {
          assertThat(files).hasSize(1);
        }
      }
    } finally {
      threads.shutdown();
    }
  }
}
