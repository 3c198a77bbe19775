package dev.waybill.plan;

/** A place in a file, both numbers from 1. */
record Place(int line, int column) {
  @Override
  public String toString() {
    return "line " + line + ", column " + column;
  }
}
