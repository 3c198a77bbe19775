package dev.waybill.plan;

import dev.waybill.model.LogicalType;

/**
 * How one field of the source becomes one of the target.
 *
 * @param source the source's field
 * @param from logical type of its values
 * @param target the target's field
 * @param to logical type that the target stores; where it differs from {@code from} the mapping has
 *     a transformation between the two, and its inverse
 */
public record FieldMapping(String source, LogicalType from, String target, LogicalType to) {}
