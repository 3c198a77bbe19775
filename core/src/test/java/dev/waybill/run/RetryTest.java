package dev.waybill.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Reembedding;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryTest {
  private final List<RunEvent> events = new ArrayList<>();
  private final AtomicBoolean isCancelled = new AtomicBoolean();

  private Retry retry(long first, long total) {
    Stores none =
        new Stores() {
          @Override
          public Store openStored(
              String url, Path workspace, int connections, SessionOptions session) {
            throw new AssertionError();
          }

          @Override
          public SeenStore openSource(
              String url,
              @Nullable String other,
              Nesting nesting,
              Path workspace,
              int connections,
              SessionOptions session) {
            throw new AssertionError();
          }

          @Override
          public Embeddings openEmbeddings(Reembedding reembedding) {
            throw new AssertionError();
          }

          @Override
          public TargetStore openTarget(
              String url, Path workspace, int connections, SessionOptions session) {
            throw new AssertionError();
          }
        };
    return new Retry(
        new Environment(
            none,
            Path.of(""),
            "test",
            Clock.systemUTC(),
            System::nanoTime,
            new SplittableRandom(3),
            events::add,
            isCancelled::get,
            new Retry.Backoff(
                Duration.ofMillis(first), Duration.ofMillis(4 * first), Duration.ofMillis(total))));
  }

  private static StoreException failure(boolean isTransient) {
    return new StoreException("LOST", "The connection is lost.", "", isTransient, null);
  }

  @Test
  void whatFailsForAMomentIsTriedAgainAndSaid() {
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger again = new AtomicInteger();

    String result =
        retry(2, 10_000)
            .get(
                () -> {
                  if (attempts.incrementAndGet() < 4) {
                    throw failure(true);
                  }
                  return "done";
                },
                again::incrementAndGet);

    assertThat(result).isEqualTo("done");
    assertThat(again).hasValue(3);
    assertThat(events)
        .hasSize(3)
        .allSatisfy(event -> assertThat(event.text()).contains("lost", "Trying again in"));
  }

  @Test
  void whatFailsForGoodIsNotTriedAgain() {
    AtomicInteger attempts = new AtomicInteger();

    assertThatThrownBy(
            () ->
                retry(1, 1_000)
                    .run(
                        () -> {
                          attempts.incrementAndGet();
                          throw failure(false);
                        }))
        .isInstanceOf(StoreException.class);

    assertThat(attempts).hasValue(1);
    assertThat(events).isEmpty();
  }

  @Test
  void afterItsTimeTheLastFailureIsThrown() {
    AtomicInteger attempts = new AtomicInteger();
    long start = System.nanoTime();

    assertThatThrownBy(
            () ->
                retry(5, 100)
                    .run(
                        () -> {
                          attempts.incrementAndGet();
                          throw failure(true);
                        }))
        .hasMessageContaining("lost");

    assertThat(attempts.get()).isBetween(3, 40);
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(10).toNanos());
  }

  @Test
  void aFailureOfWhatIsDoneBeforeAFurtherAttemptCountsAsThatAttempts() {
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger again = new AtomicInteger();

    retry(1, 10_000)
        .get(
            () -> {
              if (attempts.incrementAndGet() == 1) {
                throw failure(true);
              }
              return true;
            },
            () -> {
              if (again.incrementAndGet() < 3) {
                throw failure(true);
              }
            });

    assertThat(again).hasValue(3);
    assertThat(attempts).hasValue(2);
  }

  @Test
  void whoStopsTheRunDoesNotWait() {
    isCancelled.set(true);

    assertThatThrownBy(
            () ->
                retry(60_000, 600_000)
                    .run(
                        () -> {
                          throw failure(true);
                        }))
        .hasMessageContaining("lost");
  }
}
