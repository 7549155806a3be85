package org.richkernel.network;

/** How the outputs of a convolutional network read the sites of its last layer. */
public enum SiteReadout {
  /**
   * A weight for each channel and site, f = sum_ia w_ia phi^L_ia / (gamma N sqrt(s)): the kernel is
   * the mean over sites of the entries of equal sites.
   */
  FLATTEN,
  /**
   * A weight for each channel on the mean over sites (global average pooling), f = sum_ia w_i
   * phi^L_ia / (gamma N s): the kernel is the mean over all pairs of sites.
   */
  GAP
}
