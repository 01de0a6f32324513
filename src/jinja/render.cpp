// The machinery of a rendering: finding variables, running bodies, templates and blocks.
#include <algorithm>

#include "jinja/environment_state.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/lexer.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// {{ self.title() }}
class SelfObject final : public Object {
  public:
    SelfObject(Renderer& renderer, Context& context) : renderer_(renderer), context_(context) {}
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        return renderer_.block_function(name, 0, context_, nullptr);
    }

  private:
    Renderer& renderer_;
    Context& context_;
};

} // namespace

void require_reasonable_size(std::size_t size)
{
    if (size > max_text_bytes)
        give_up("a text or list grows beyond {} MiB", max_text_bytes / (1024 * 1024));
}

Value const* Scope::find(Symbol symbol) const
{
    for (auto const& [name, value] : variables_)
        if (name == symbol)
            return &value;
    return nullptr;
}

void Scope::set(Symbol symbol, Value value)
{
    auto const place = std::ranges::find(variables_, symbol, &std::pair<Symbol, Value>::first);
    if (place != variables_.end())
        place->second = std::move(value);
    else
        variables_.emplace_back(symbol, std::move(value));
}

Value const* Frame::find(Symbol symbol) const
{
    Scope const* inner = scope;
    for (Context const* level = &context; level; inner = level->outer_scope, level = level->outer) {
        for (; inner; inner = inner->outer())
            if (Value const* value = inner->find(symbol))
                return value;
        if (Value const* value = level->top.find(symbol))
            return value;
        if (!level->outer && level->sees_variables)
            if (Value const* value = renderer.variable(symbol))
                return value;
    }
    return renderer.global(symbol);
}

void Frame::set(Symbol symbol, Value value) { (scope ? *scope : context.top).set(symbol, std::move(value)); }

void Frame::assign(Target const& target, Value const& value)
{
    if (!target.members.empty()) {
        List const items = items_of(value);
        if (items.size() != target.members.size())
            give_up("cannot unpack {} values into {} names", items.size(), target.members.size());
        for (std::size_t i = 0; i < items.size(); ++i)
            assign(target.members[i], items[i]);
    } else if (!target.attribute.empty()) {
        Value const* object = find(target.symbol);
        if (!object || object->kind() != Value::Kind::object || !object->object().assign(target.attribute, value))
            give_up("cannot assign attribute on non-namespace object");
    } else {
        set(target.symbol, value);
    }
}

void Frame::write(Value const& value) const
{
    if (!autoescape || value.is_markup())
        *out += value.is_text() ? value.text() : value.to_text();
    else if (value.is_text())
        append_escaped(*out, value.text());
    else
        *out += escaped_value(value);
}

Renderer::Renderer(Environment& environment, Options const& options, SymbolTable& symbols,
                   std::vector<Value> const& globals, Dict const& variables)
    : environment_(environment), options_(options), symbols_(symbols), globals_(globals), variables_(variables),
      self_symbol_(symbols.intern("self"))
{
    slots_.resize(symbols.size());
    for (auto const& [name, value] : variables)
        if (auto const symbol = name.is_text() ? symbols.find(name.text()) : std::nullopt)
            slots_[*symbol] = &value;
}

Value const* Renderer::variable(Symbol symbol) const
{
    if (symbol < slots_.size())
        return slots_[symbol];
    // A name that only a template has which was loaded after this rendering began.
    for (auto const& [name, value] : variables_)
        if (name.is_text() && symbols_.find(name.text()) == symbol)
            return &value;
    return nullptr;
}

Value const* Renderer::global(Symbol symbol) const
{
    return symbol < globals_.size() && !globals_[symbol].is_undefined() ? &globals_[symbol] : nullptr;
}

Template const* Renderer::first_of(Value const& name_or_names)
{
    List const names =
        name_or_names.kind() == Value::Kind::sequence ? name_or_names.sequence()->items : List{name_or_names};
    for (Value const& name : names) {
        if (name.is_undefined())
            give_up("the name of the template is undefined");
        if (Template const* found = environment_.find(name.to_text()))
            return found;
    }
    return nullptr;
}

Context& Renderer::new_context() { return contexts_.emplace_back(); }

Scope& Renderer::keep_scope(Scope const* outer) { return kept_scopes_.emplace_back(outer); }

void Renderer::step()
{
    if (++steps_ > max_steps)
        give_up("the template does more than {} steps", max_steps);
}

Renderer::Depth::Depth(Renderer& renderer) : renderer_(renderer)
{
    if (renderer.depth_ >= max_render_depth)
        give_up("includes, macros and blocks are nested more than {} deep", max_render_depth);
    ++renderer.depth_;
}

void Renderer::render(Template const& root, std::string& out) { run(root, new_context(), out); }

void Renderer::run(Template const& root, Context& context, std::string& out)
{
    context.top.set(self_symbol_, std::make_shared<SelfObject>(*this, context));
    constexpr int max_parents = 50;
    int parents = 0;
    for (Template const* current = &root; current; current = context.parent) {
        Depth const depth(*this);
        if (++parents > max_parents)
            give_up("{}: templates extend each other more than {} deep", root.name, max_parents);
        for (auto const& [name, block] : current->blocks)
            context.blocks[name].push_back({block, current});
        context.parent = nullptr;
        Frame frame{.renderer = *this,
                    .context = context,
                    .owner = *current,
                    .scope = nullptr,
                    .out = &out,
                    .autoescape = options_.autoescape,
                    .top_level = true};
        run_body(current->body, frame);
    }
}

void Renderer::run_body(Body const& body, Frame& frame)
{
    Statement const* current = nullptr;
    try {
        for (auto const& statement : body.statements) {
            current = statement.get();
            step();
            current->render(frame);
            require_reasonable_size(frame.out->size());
        }
    } catch (Failure const& failure) {
        if (failure.located)
            throw;
        fail_at(frame.owner.name, current->line, failure.what());
    }
}

void Renderer::run_block(std::string_view name, std::size_t depth, Context& context, Scope const* outer,
                         std::string& out)
{
    Depth const guard(*this);
    BlockEntry const entry = context.blocks.at(name).at(depth);
    if (entry.block->required)
        give_up("Required block '{}' not found", name);
    Frame const around{.renderer = *this,
                       .context = context,
                       .owner = *entry.owner,
                       .scope = nullptr,
                       .out = &out,
                       .autoescape = options_.autoescape};
    NestedScope scope(around, outer, entry.block->body);
    if (entry.block->uses_super)
        scope->set(entry.block->super_symbol, block_function(name, depth + 1, context, outer));
    Frame frame = scope.frame(around);
    run_body(entry.block->body, frame);
}

Value Renderer::block_function(std::string_view name, std::size_t depth, Context& context, Scope const* outer)
{
    auto const entries = context.blocks.find(name);
    if (entries == context.blocks.end() || depth >= entries->second.size())
        return {};
    // The key of the map lives as long as the template does.
    return Value::function([this, key = entries->first, depth, &context, outer](Arguments const&) -> Result<Value> {
        std::string text;
        run_block(key, depth, context, outer, text);
        return options_.autoescape ? Value::markup(std::move(text)) : Value(std::move(text));
    });
}

} // namespace jhub::jinja
