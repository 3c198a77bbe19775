package dev.waybill.run;

import dev.waybill.plan.Plan;
import dev.waybill.plan.Reembedding;
import dev.waybill.reembed.EmbeddedStore;
import dev.waybill.sidecar.SeenStore;
import java.nio.file.Path;

/** Opens the source of a plan as the plan sees it. */
final class PlannedSource {
  private PlannedSource() {}

  /**
   * Opens it.
   *
   * @param workspace in which a folder for it is made when needed
   */
  static SeenStore open(Plan plan, Stores stores, Path workspace) {
    Reembedding reembedding = plan.options().reembedding();
    SeenStore source = asStored(plan, stores, workspace, "source");
    return reembedding == null
        ? source
        : EmbeddedStore.of(source, reembedding, () -> stores.openEmbeddings(reembedding), false);
  }

  /** Opens it once more, with such vectors only as have been made before. */
  static SeenStore openKnown(Plan plan, Reembedding reembedding, Stores stores, Path workspace) {
    return EmbeddedStore.of(
        asStored(plan, stores, workspace, "source-again"),
        reembedding,
        () -> stores.openEmbeddings(reembedding),
        true);
  }

  private static SeenStore asStored(Plan plan, Stores stores, Path workspace, String folder) {
    return stores.openSource(
        plan.from(),
        plan.options().hasSidecar() ? plan.to() : null,
        plan.options().nesting(),
        workspace.resolve(folder),
        plan.options().connections(),
        plan.options().session());
  }
}
