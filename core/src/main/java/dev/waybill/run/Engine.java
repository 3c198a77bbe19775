package dev.waybill.run;

final class Engine {}
