package org.richkernel.stack;

import java.util.List;

/**
 * All layers of a network at one number of samples, with the source of the first one, the links
 * between them and the readout of the last.
 *
 * @param layers 1 to L
 * @param input source of the preactivations of layer 1
 * @param links into layers 2 to L
 * @param top reads layer L
 */
public record LayerStack(
    List<LayerFields> layers, Source input, List<? extends Link> links, Reader top)
    implements Passes {
  /**
   * @throws IllegalArgumentException unless there are L - 1 links
   */
  public LayerStack {
    layers = List.copyOf(layers);
    links = List.copyOf(links);
    if (links.size() != layers.size() - 1) {
      throw new IllegalArgumentException(
          links.size() + " links between " + layers.size() + " layers");
    }
  }

  /** L. */
  public int depth() {
    return layers.size();
  }

  /** Layer l = 1 to L. */
  public LayerFields layer(int l) {
    return layers.get(l - 1);
  }

  private Source source(int l) {
    return l == 1 ? input : links.get(l - 2);
  }

  private Reader reader(int l) {
    return l == layers.size() ? top : links.get(l - 1);
  }

  @Override
  public void forward() {
    for (int l = 1; l <= layers.size(); l++) {
      layer(l).forward(source(l), reader(l));
    }
  }

  /** Computes the activations of one layer from the layer below; layers above stay as they were. */
  public void forward(int l) {
    layer(l).forward(source(l));
  }

  @Override
  public void activations() {
    for (int l = 1; l < layers.size(); l++) {
      layer(l).forward(source(l), reader(l));
    }
    forward(layers.size());
  }

  @Override
  public void prepare() {
    links.forEach(Link::prepare);
  }

  /** The last layer. */
  public LayerFields last() {
    return layer(layers.size());
  }

  @Override
  public void pull() {
    for (int l = layers.size(); l >= 1; l--) {
      layer(l).pull(reader(l), source(l));
    }
  }

  @Override
  public long gramNanos() {
    return top.gramNanos() + links.stream().mapToLong(Reader::gramNanos).sum();
  }

  @Override
  public long solveNanos() {
    return links.stream().mapToLong(Reader::solveNanos).sum();
  }
}
