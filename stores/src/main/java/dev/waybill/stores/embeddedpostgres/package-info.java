/**
 * A real PostgreSQL in a folder of its own, for trying things out with nothing but a JDK.
 *
 * <p>Belongs here: unpacking the server, making, starting and stopping its folder. Never here: how
 * PostgreSQL is read or written, which is {@code stores.postgres}'s. Start with {@link
 * dev.waybill.stores.embeddedpostgres.EmbeddedPostgresAdapter}.
 */
@NullMarked
package dev.waybill.stores.embeddedpostgres;

import org.jspecify.annotations.NullMarked;
