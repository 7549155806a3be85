package org.richkernel.limit.fewshot;

/**
 * An N-way task: support images of N classes to learn from, and query images of the same classes to
 * classify. Support images come first, then queries, both class by class.
 *
 * @param images indices into the pool
 * @param rotations quarter turns of each
 */
@SuppressWarnings("ArrayRecordComponent")
record Task(int[] images, int[] rotations) {}
