package dev.waybill.plan;

import dev.waybill.model.EmbeddingModel;

/**
 * That the source is seen with new vectors (docs/manual/reembedding.md): of one collection the key,
 * and a field with what a model makes of a text.
 *
 * @param collection the source's name of it
 * @param text the field whose values are embedded
 * @param vector the field that gets the vectors
 * @param model as the user wrote it, variables not resolved
 * @param signature what it was when the plan was made
 * @param cache file of what was embedded before
 * @param isBeside whether the vectors go into a collection beside and change places with the old
 *     ones in the end; else the run writes them into the field itself
 * @param isConcurrent whether others may write while an index is built
 * @param isIndexDroppedFirst whether old indexes go before new ones are built
 */
public record Reembedding(
    String collection,
    String text,
    String vector,
    String model,
    EmbeddingModel signature,
    String cache,
    boolean isBeside,
    boolean isConcurrent,
    boolean isIndexDroppedFirst) {}
