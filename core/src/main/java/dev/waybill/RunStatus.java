package dev.waybill;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * A run as its run directory tells it.
 *
 * @param state running, done, put-back, partial, different, stopped, rolled-back,
 *     partly-rolled-back, forgotten, or interrupted
 * @param from masked
 * @param to masked
 */
public record RunStatus(
    String run,
    String state,
    Instant startedAt,
    String from,
    String to,
    List<dev.waybill.run.CollectionResult> collections,
    Path directory) {}
