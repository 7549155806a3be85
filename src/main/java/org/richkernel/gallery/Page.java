package org.richkernel.gallery;

import java.util.List;

/** A figure of a paper: its runs, its pictures and what is expected of them. */
public interface Page {
  /** Name in a command line and in file names. */
  String name();

  /** What the figure is about, in a few words. */
  String title();

  /** The paper and the figure that the page stands for. */
  String source();

  /** What the paper shows there. */
  String shows();

  /** The command lines, in order. */
  List<Run> runs(Size size);

  /** Pictures and judgements, made of finished runs. */
  Findings findings(Results results);
}
