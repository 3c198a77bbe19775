/**
 * Records that are kept in files: what a run overwrites (a backup), and what could not go
 * (quarantine). Both are appended to while it runs and read as stores, so that restoring and
 * redoing are ordinary migrations.
 *
 * <p>Never writes to a store and never decides how a run goes on. Start with {@code BackupWriter}
 * and {@code FileStore}.
 */
@NullMarked
package dev.waybill.backup;

import org.jspecify.annotations.NullMarked;
