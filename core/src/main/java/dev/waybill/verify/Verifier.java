package dev.waybill.verify;

final class Verifier {}
