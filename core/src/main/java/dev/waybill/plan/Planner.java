package dev.waybill.plan;

final class Planner {}
