package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnedResourcesTest {
  private final List<String> closed = new ArrayList<>();
  private final OwnedResources owned = new OwnedResources();

  private void ownThree() {
    owned.own(() -> closed.add("first"));
    owned.own(
        () -> {
          throw new IllegalStateException("second");
        });
    owned.own(
        () -> {
          throw new IOException("third");
        });
    owned.own(() -> closed.add("fourth"));
  }

  @Test
  void failureToCloseOneLeavesNoneOpen() {
    ownThree();
    assertThatThrownBy(owned::close)
        .hasRootCauseMessage("third")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1))
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("second"));
    assertThat(closed).containsExactly("fourth", "first");
    owned.close();
    assertThat(closed).hasSize(2);
  }

  @Test
  void failureToCloseDoesNotReplaceTheCause() {
    ownThree();
    RuntimeException cause = new IllegalArgumentException("cause");
    assertThat(owned.closedAfter(cause)).isSameAs(cause);
    assertThat(cause.getSuppressed()).hasSize(1);
    assertThat(closed).containsExactly("fourth", "first");
  }
}
