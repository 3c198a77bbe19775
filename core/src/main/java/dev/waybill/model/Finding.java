package dev.waybill.model;

/**
 * Something that was found out before a run.
 *
 * @param code stable, for programs
 * @param text one sentence for people
 * @param hint what to try, empty where nothing need be done
 * @param isBlocking true if the run must not begin
 */
public record Finding(String code, String text, String hint, boolean isBlocking) {}
