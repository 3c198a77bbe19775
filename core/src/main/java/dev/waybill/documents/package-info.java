/**
 * Documents seen as tables, and tables as documents.
 *
 * <p>Belongs here: stores seen through other stores, for reading only. A {@link
 * dev.waybill.documents.NormalisedStore} shows nested objects and arrays as collections of their
 * own, a {@link dev.waybill.documents.DenormalisedStore} puts such collections back along foreign
 * keys, an {@link dev.waybill.documents.UnfoldedStore} lets fields be absent again. Never here: a
 * store's name, writing. Start with {@link dev.waybill.documents.Documents}.
 */
@NullMarked
package dev.waybill.documents;

import org.jspecify.annotations.NullMarked;
