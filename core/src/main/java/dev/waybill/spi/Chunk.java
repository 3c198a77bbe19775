package dev.waybill.spi;

/**
 * A part of a collection: the unit of resume, and what could be handed to another machine. The
 * bounds are text that only the store itself understands.
 *
 * @param collection name of the collection
 * @param ordinal position among the collection's chunks, from 0
 * @param from first position, empty for the beginning
 * @param to position behind the last, empty for the end
 */
public record Chunk(String collection, int ordinal, String from, String to) {}
