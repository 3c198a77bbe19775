package dev.waybill;

import dev.waybill.model.Catalog;
import dev.waybill.model.Finding;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Capabilities;
import java.util.List;
import java.util.Map;

/**
 * What a store holds.
 *
 * @param url masked
 * @param profiles by collection, one for each written field in order
 * @param sampled collections whose profile is of a sample of their records
 */
public record Inspection(
    String url,
    Catalog catalog,
    Capabilities capabilities,
    Map<String, List<ValueProfile>> profiles,
    List<String> sampled,
    List<Finding> findings) {}
