package dev.waybill;

import dev.waybill.model.Catalog;
import dev.waybill.model.Finding;
import dev.waybill.model.FoundModel;
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
 * @param models by collection and field, of which models vectors are, as far as somebody says
 */
public record Inspection(
    String url,
    Catalog catalog,
    Capabilities capabilities,
    Map<String, List<ValueProfile>> profiles,
    List<String> sampled,
    Map<String, Map<String, FoundModel>> models,
    List<Finding> findings) {}
