package org.richkernel.gallery;

import java.util.List;

/** A figure of a paper: its runs, its pictures and the expectations. */
public interface Page {
  /** Name in a command line and in file names. */
  String name();

  /** Topic of the figure, in a few words. */
  String title();

  /** The paper and the figure of the page. */
  String source();

  /** Statement of the paper in this figure. */
  String shows();

  /** The command lines, in order. */
  List<Run> runs(Size size);

  /** Pictures and judgements, made of finished runs. */
  Findings findings(Results results);
}
