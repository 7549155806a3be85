package org.richkernel.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.richkernel.option.Setting;
import org.richkernel.option.Settings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options that a record declares with {@link Setting}, on the command line.
 *
 * @param <T> the record
 */
final class Declared<T extends Record> {
  private final String heading;
  private final Settings<T> settings;
  private final Map<String, @Nullable Object> values = new LinkedHashMap<>();
  private final CommandSpec spec = CommandSpec.create();

  /**
   * The options of a record.
   *
   * @param elsewhere names of options that a command reads in another way and passes to {@link
   *     #value(Map)}
   */
  Declared(Class<T> type, String... elsewhere) {
    this(HelpGroup.THEORY, type, elsewhere);
  }

  /** The same under another heading of help. */
  Declared(String heading, Class<T> type, String... elsewhere) {
    this.heading = heading;
    this.settings = Settings.of(type);
    List<String> others = List.of(elsewhere);
    settings.items().stream()
        .filter(item -> !others.contains(item.name()))
        .forEach(item -> spec.addOption(option(item)));
  }

  /** Mixin of a command. */
  CommandSpec spec() {
    return spec;
  }

  private OptionSpec option(Settings.Item item) {
    Setting about = item.about();
    boolean flag = item.type() == boolean.class;
    OptionSpec.Builder option =
        OptionSpec.builder("--" + item.name())
            .type(item.type())
            .arity(flag ? "0" : "1")
            .negatable(flag)
            .defaultValue(about.usual())
            .description(about.help() + " Default: " + (flag ? "off" : "${DEFAULT-VALUE}") + ".")
            .userObject(heading)
            .getter(new Getter(item.name()))
            .setter(new Setter(item.name()));
    if (!flag) {
      option.paramLabel(about.label());
    }
    return option.build();
  }

  private final class Getter implements IGetter {
    private final String name;

    Getter(String name) {
      this.name = name;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the signature of picocli
    public <V> @Nullable V get() {
      return (V) values.get(name);
    }
  }

  private final class Setter implements ISetter {
    private final String name;

    Setter(String name) {
      this.name = name;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the signature of picocli
    public <V> @Nullable V set(V value) {
      return (V) values.put(name, value);
    }
  }

  /** The record, with the ranges checked. */
  T value() {
    return value(Map.of());
  }

  /**
   * The same.
   *
   * @param elsewhere values of options that were read in another way, by name
   */
  T value(Map<String, ?> elsewhere) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(values);
    all.putAll(elsewhere);
    return settings.read(all);
  }

  /** The values that were given or are defaults, by name. */
  Map<String, @Nullable Object> values() {
    return Collections.unmodifiableMap(values);
  }

  /** Names of the options on the command line, without dashes. */
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    spec.options().forEach(option -> names.add(option.longestName().substring("--".length())));
    return names;
  }

  /** Names of the options that a record declares, without dashes. */
  static Set<String> names(Class<? extends Record> type) {
    Set<String> names = new LinkedHashSet<>();
    Settings.of(type).items().forEach(item -> names.add(item.name()));
    return names;
  }
}
