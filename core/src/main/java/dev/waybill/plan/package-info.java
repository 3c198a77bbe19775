/**
 * What will happen, as a value: two catalogs, a value profile, two capability records and the
 * user's wishes become a plan; a plan becomes a file and back.
 *
 * <p>Belongs here: deciding. Never here: opening a reader or writer, touching data, guessing in
 * silence. Start with {@link dev.waybill.plan.Planner}.
 */
@NullMarked
package dev.waybill.plan;

import org.jspecify.annotations.NullMarked;
