package dev.waybill.spi;

import java.time.Instant;

/**
 * A run as its ledger knows it.
 *
 * @param id the run id
 * @param startedAt when it was first begun
 * @param planDigest SHA-256 of its plan file, hexadecimal
 * @param tool name and version of what wrote it
 */
public record RunHeader(String id, Instant startedAt, String planDigest, String tool) {}
