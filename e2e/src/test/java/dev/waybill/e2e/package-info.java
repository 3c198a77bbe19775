/**
 * Tests that need more than one module: the walls between the rooms, whole runs, pairs of stores.
 *
 * <p>Belongs here: what only shows when everything is together. Never here: what a module can prove
 * by itself. Start with {@link dev.waybill.e2e.ArchitectureTest} and {@link
 * dev.waybill.e2e.MigrationTest}.
 */
@NullMarked
package dev.waybill.e2e;

import org.jspecify.annotations.NullMarked;
