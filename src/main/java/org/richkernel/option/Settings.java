package org.richkernel.option;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;

/**
 * The options that a record declares with {@link Setting}: their names, defaults and ranges, and
 * copies of the record with some of them changed. A component that is a record itself contributes
 * its own options.
 *
 * @param <T> the record
 */
public final class Settings<T extends Record> {
  private final Class<T> type;
  private final RecordComponent[] components;
  private final Constructor<T> constructor;

  private Settings(Class<T> type) {
    this.type = type;
    this.components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      this.constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e); // every record has one
    }
  }

  /** The options of a record. */
  public static <T extends Record> Settings<T> of(Class<T> type) {
    return new Settings<>(type);
  }

  /**
   * One option.
   *
   * @param name without dashes
   * @param type of its value: a primitive type or an enum
   * @param about as it was declared
   */
  public record Item(String name, Class<?> type, Setting about) {
    /**
     * Refuses a number out of range.
     *
     * @throws InvalidProblemException naming the option, its value and the range
     */
    void check(Object value) {
      if (value instanceof Number number) {
        double x = number.doubleValue();
        boolean within = x >= about.min() && x > about.above() && x <= about.max();
        if (!within || Double.isInfinite(x)) {
          throw new InvalidProblemException(name, value, allowed());
        }
      }
    }

    private String allowed() {
      if (!about.allowed().isEmpty()) {
        return about.allowed();
      }
      boolean whole = type == int.class || type == long.class;
      String number = whole ? "" : "a finite number of ";
      if (about.above() == 0 && Double.isInfinite(about.max())) {
        return "use a positive finite number";
      }
      return Double.isInfinite(about.max())
          ? "use " + number + "at least " + plain(about.min(), whole)
          : "use " + plain(about.min(), whole) + " to " + plain(about.max(), whole);
    }

    private static String plain(double bound, boolean whole) {
      return whole || bound == Math.rint(bound) && Math.abs(bound) < 1e6
          ? String.format(Locale.ROOT, "%.0f", bound)
          : Double.toString(bound);
    }

    /**
     * Parses a value.
     *
     * @throws IllegalArgumentException if the text is not such a value
     */
    private Object parse(String text) {
      if (type == double.class) {
        return Double.valueOf(text);
      } else if (type == int.class) {
        return Integer.valueOf(text);
      } else if (type == long.class) {
        return Long.valueOf(text);
      } else if (type == boolean.class) {
        return Boolean.valueOf(text);
      }
      return Words.constant(type, text);
    }
  }

  /** The options in the order of their components, those of inner records in place. */
  public List<Item> items() {
    List<Item> items = new ArrayList<>();
    for (RecordComponent component : components) {
      Setting about = component.getAnnotation(Setting.class);
      if (about != null) {
        items.add(item(component, about));
      } else if (component.getType().isRecord()) {
        items.addAll(inner(component).items());
      }
    }
    return items;
  }

  private static Item item(RecordComponent component, Setting about) {
    String own = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    return new Item(about.name().isEmpty() ? own : about.name(), component.getType(), about);
  }

  private static Settings<?> inner(RecordComponent component) {
    return new Settings<>(component.getType().asSubclass(Record.class));
  }

  /** The record of all defaults. */
  public T usual() {
    return read(Map.of());
  }

  /**
   * The record of the given values, with defaults for the other options.
   *
   * @param values by the names of the options
   */
  public T read(Map<String, ?> values) {
    Object[] all = new Object[components.length];
    for (int i = 0; i < all.length; i++) {
      Setting about = components[i].getAnnotation(Setting.class);
      if (about != null) {
        Item item = item(components[i], about);
        Object given = values.get(item.name());
        all[i] = given == null ? item.parse(about.usual()) : given;
      } else {
        all[i] = inner(components[i]).read(values);
      }
    }
    return create(all);
  }

  /**
   * A copy of a record with another value of a component.
   *
   * @param component its name in Java
   */
  public T with(T record, String component, @Nullable Object value) {
    Object[] all = values(record);
    for (int i = 0; i < all.length; i++) {
      if (components[i].getName().equals(component)) {
        all[i] = value;
        return create(all);
      }
    }
    throw new IllegalArgumentException(type + " has no component " + component);
  }

  /**
   * A copy of a record with other values of some options.
   *
   * @param values by the names of the options; options of an inner record are not accepted
   */
  public T with(T record, Map<String, ?> values) {
    Object[] all = values(record);
    for (int i = 0; i < all.length; i++) {
      Setting about = components[i].getAnnotation(Setting.class);
      Object given = about == null ? null : values.get(item(components[i], about).name());
      all[i] = given == null ? all[i] : given;
    }
    return create(all);
  }

  /**
   * Refuses numbers out of range; for compact constructors.
   *
   * @param values of all components in order
   * @throws InvalidProblemException naming the first
   */
  public void check(Object... values) {
    for (int i = 0; i < components.length; i++) {
      Setting about = components[i].getAnnotation(Setting.class);
      if (about != null) {
        item(components[i], about).check(values[i]);
      }
    }
  }

  /** The values of a record by the names of its options, as written into a result. */
  public Map<String, Object> describe(T record) {
    Map<String, Object> all = new LinkedHashMap<>();
    describe(record, all);
    return all;
  }

  private void describe(Record record, Map<String, Object> all) {
    Object[] values = values(record);
    for (int i = 0; i < values.length; i++) {
      Setting about = components[i].getAnnotation(Setting.class);
      if (about != null) {
        Object value = values[i];
        all.put(
            item(components[i], about).name(),
            value instanceof Enum<?> constant ? Words.of(constant) : value);
      } else if (values[i] instanceof Record nested) {
        inner(components[i]).describe(nested, all);
      }
    }
  }

  private Object[] values(Record record) {
    Object[] all = new Object[components.length];
    try {
      for (int i = 0; i < all.length; i++) {
        var accessor = components[i].getAccessor();
        accessor.setAccessible(true);
        all[i] = accessor.invoke(record);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // accessors of records return
    }
    return all;
  }

  private T create(@Nullable Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
