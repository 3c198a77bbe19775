package dev.waybill;

/**
 * What giving a collection new vectors would take.
 *
 * @param model its signature
 * @param records of the collection
 * @param withoutText those whose text is null, empty or blank
 * @param distinct different texts
 * @param toEmbed those among them whose vectors are not in the cache
 * @param textsPerSecond as measured here and now with a few of them; 0 if there is nothing to embed
 * @param seconds that the model would take, to be rounded up; 0 if there is nothing to embed
 */
public record ReembedEstimate(
    String model,
    long records,
    long withoutText,
    long distinct,
    long toEmbed,
    double textsPerSecond,
    double seconds) {}
