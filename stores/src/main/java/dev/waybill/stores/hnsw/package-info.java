/**
 * Index files that hnswlib has saved, as a source of ids and vectors.
 *
 * <p>Belongs here: what hnswlib's {@code saveIndex} writes. Never here: Chroma's index files, which
 * have a header of their own, and a graph's links, which every store builds anew. Start with {@link
 * dev.waybill.stores.hnsw.IndexFile}.
 */
@NullMarked
package dev.waybill.stores.hnsw;

import org.jspecify.annotations.NullMarked;
